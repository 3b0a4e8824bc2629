-- Written by crowdsec-nginx-bouncer: tells its counters, one a line.

-- settings: the connector writes its own in place of these
local KEY = "crowdsec /output"
local FILE = "/output/crowdsec.lua"
local PROBE = "/.env" -- what rules of AppSec refuse
-- end of settings

local stats = ngx.shared.crowdsec_stats
local lines = { "crowdsec 1" }
-- Read by now if it can be: whoever asks wants to know.
if not package.loaded[KEY] then
  local script, fault = loadfile(FILE)
  if script then script("load") else ngx.log(ngx.ERR, "crowdsec is not in force: ", fault) end
end
if ngx.var.uri == "/appsec" then
  local ask = package.loaded[KEY .. " appsec"]
  local status, body = nil, "this NGINX does not ask AppSec yet"
  if ask then status, body = ask(PROBE) end
  ngx.header["Content-Type"] = "text/plain"
  ngx.print("appsec 1\n", status or "none", "\n", body)
  return ngx.exit(ngx.HTTP_OK)
end
local list = package.loaded[KEY .. " list"]
if list then
  local header, segments = list()
  lines[#lines + 1] = segments .. " segments"
  if header then
    -- The checksum of the list, as its header has it: little-endian.
    local a, b, c, d = string.byte(header, 29, 32)
    lines[#lines + 1] = string.format("list %02x%02x%02x%02x", d, c, b, a)
  end
end
for _, key in ipairs(stats:get_keys(0)) do
  local value = stats:get(key)
  if type(value) == "number" then lines[#lines + 1] = value .. " " .. key end
end
ngx.header["Content-Type"] = "text/plain"
ngx.print(table.concat(lines, "\n"), "\n")
return ngx.exit(ngx.HTTP_OK)
