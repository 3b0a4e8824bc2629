-- settings: the connector writes its own in place of these
local KEY = "crowdsec /output"
local FILE = "/output/crowdsec.lua"
local OPEN_WHEN_MISSING = true
-- end of settings

-- The script, loaded by the first request of a worker; a line in the log each minute while NGINX's user cannot read it.
local found = package.loaded[KEY]
if not found then
  local told = KEY .. " told"
  local script, fault = loadfile(FILE)
  if script then
    found = script
  elseif (package.loaded[told] or 0) + 60 < ngx.time() then
    package.loaded[told] = ngx.time()
    ngx.log(ngx.ERR, "crowdsec is not in force: ", fault)
  end
end
if found then
  found()
elseif not OPEN_WHEN_MISSING then
  return ngx.exit(503)
end
-- It neither grants nor refuses. An access handler that just returns has granted, and with `satisfy any` nobody would be
-- asked for a password any more.
return ngx.exit(ngx.DECLINED)
