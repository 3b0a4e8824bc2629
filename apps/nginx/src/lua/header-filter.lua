-- settings: the connector writes its own in place of these
local KEY = "crowdsec /output"
local GUARD = "crowdsec /output guard"
local FILE = "/output/crowdsec.lua"
local OPEN_WHEN_MISSING = true
-- end of settings

-- As in access.lua, but what is called is the guard: a filter cannot end a request.
local found = package.loaded[GUARD]
if not found then
  local told = KEY .. " told"
  local script, fault = loadfile(FILE)
  if script then
    script("load")
    found = package.loaded[GUARD]
  elseif (package.loaded[told] or 0) + 60 < ngx.time() then
    package.loaded[told] = ngx.time()
    ngx.log(ngx.ERR, "crowdsec is not in force: ", fault)
  end
end
if found then
  found()
elseif not OPEN_WHEN_MISSING then
  ngx.status = 503
end
