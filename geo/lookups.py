"""What the ORM does not say by itself."""
from django.db.models import CharField, Lookup

# Codes are digits (a constraint of Division), and this sign comes right after 9.
AFTER_EVERY_DIGIT = ":"


@CharField.register_lookup
class Within(Lookup):
    """A division's code, or one below it: `division__code__within="640521"`.

    Byte order, so that an index of text patterns answers exactly and no row is looked at again, as it is after LIKE '640521%'.
    """

    lookup_name = "within"

    def as_sql(self, compiler, connection):
        column, given = self.process_lhs(compiler, connection)
        return f"({column} ~>=~ %s AND {column} ~<~ %s)", [*given, self.rhs, *given, self.rhs + AFTER_EVERY_DIGIT]
