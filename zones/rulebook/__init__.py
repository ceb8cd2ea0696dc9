"""标准与参数: every default that is data with a version, told on one page; a county writes the next version, a second officer adopts it."""
