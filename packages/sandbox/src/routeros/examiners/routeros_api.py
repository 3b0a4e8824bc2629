"""RouterOS-api against a router: the script that every examiner runs. Arguments: port."""
import json
import sys

import routeros_api
from routeros_api.exceptions import RouterOsApiError

pool = routeros_api.RouterOsApiPool(
    "127.0.0.1", port=int(sys.argv[1]), username="crowdsec", password="secret", plaintext_login=True
)
api = pool.get_api()
said = {}
said["version"] = api.get_resource("/system/resource").get()[0]["version"]
rows = api.get_resource("/ip/firewall/address-list")
said["empty"] = len(rows.get())
first = rows.add(list="examined", address="203.0.113.1/32", timeout="1h", comment="one").done_message["ret"]
rows.add(list="examined", address="203.0.113.0/25", comment="two", disabled="yes")


def words(error):
    original = getattr(error, "original_message", b"")
    return original.decode() if isinstance(original, bytes) and original else str(error)


try:
    rows.add(list="examined", address="203.0.113.1", timeout="1h")
    said["duplicate"] = ""
except RouterOsApiError as error:
    said["duplicate"] = words(error)
rows.set(id=first, timeout="2h", comment="moved")
said["enabled"] = [[row["address"], row["comment"]] for row in rows.get(list="examined", disabled="no")]
rows.remove(id=first)
try:
    rows.remove(id=first)
    said["gone"] = ""
except RouterOsApiError as error:
    said["gone"] = words(error)
said["left"] = [row["address"] for row in rows.get()]
pool.disconnect()
print(json.dumps(said))
