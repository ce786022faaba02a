"""Prints what pyarrow reads of a Parquet file of events: sums by column, as JSON.

    python3 pyarrow_sums.py FILE

Needs pyarrow (`pip install pyarrow`). On one line: `rows`, `types` (by column, as pyarrow names them), `values` (how many
are not null), `sums` (of numbers, milliseconds since 1970, and flags as 0 and 1), and `lengths` (bytes of texts and hashes).
"""

import json
import sys

import pyarrow
import pyarrow.compute as compute
import pyarrow.parquet as parquet


def main(path):
    file = parquet.ParquetFile(path)
    schema = file.schema_arrow
    told = {"rows": 0, "types": {field.name: str(field.type) for field in schema}, "values": {}, "sums": {}, "lengths": {}}
    for batch in file.iter_batches():
        told["rows"] += batch.num_rows
        for field, column in zip(schema, batch.columns):
            count(told, "values", field.name, len(column) - column.null_count)
            if pyarrow.types.is_timestamp(field.type):
                count(told, "sums", field.name, compute.sum(column.cast(pyarrow.int64())).as_py())
            elif pyarrow.types.is_integer(field.type) or pyarrow.types.is_boolean(field.type):
                count(told, "sums", field.name, compute.sum(column).as_py())
            elif pyarrow.types.is_fixed_size_binary(field.type) or pyarrow.types.is_string(field.type):
                count(told, "lengths", field.name, compute.sum(compute.binary_length(column)).as_py())
    print(json.dumps(told))


def count(told, what, name, value):
    told[what][name] = told[what].get(name, 0) + (value or 0)


main(sys.argv[1])
