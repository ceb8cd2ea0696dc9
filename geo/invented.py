"""How the product knows that it shows invented places: every row of the demo came in by a batch of this name."""
from geo.models import Batch

INVENTED = "演示数据（虚构）"


def holds_invented() -> bool:
    return Batch.objects.filter(file_name=INVENTED, state=Batch.State.APPLIED).exists()
