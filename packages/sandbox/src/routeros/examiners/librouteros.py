"""librouteros against a router: the script that every examiner runs. Arguments: port."""
import json
import sys

from librouteros import connect
from librouteros.exceptions import TrapError
from librouteros.query import Key

api = connect(host="127.0.0.1", port=int(sys.argv[1]), username="crowdsec", password="secret")
said = {}
said["version"] = [row["version"] for row in api.path("system", "resource")][0]
rows = api.path("ip", "firewall", "address-list")
said["empty"] = len(list(rows))
first = rows.add(list="examined", address="203.0.113.1/32", timeout="1h", comment="one")
rows.add(list="examined", address="203.0.113.0/25", comment="two", disabled="yes")
try:
    rows.add(list="examined", address="203.0.113.1", timeout="1h")
    said["duplicate"] = ""
except TrapError as error:
    said["duplicate"] = str(error.message if hasattr(error, "message") else error)
rows.update(**{".id": first, "timeout": "2h", "comment": "moved"})
where = rows.select(Key("address"), Key("comment")).where(Key("list") == "examined", Key("disabled") == False)
said["enabled"] = [[row["address"], row["comment"]] for row in where]
rows.remove(first)
try:
    rows.remove(first)
    said["gone"] = ""
except TrapError as error:
    said["gone"] = str(error.message if hasattr(error, "message") else error)
said["left"] = [row["address"] for row in rows]
api.close()
print(json.dumps(said))
