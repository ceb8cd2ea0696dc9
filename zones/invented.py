"""Whether a place came with the demo."""
from geo.invented import INVENTED


def is_invented(place) -> bool:
    return place.batch_id is not None and place.batch.file_name == INVENTED
