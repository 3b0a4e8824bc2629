-- Starts all of it in a worker: reads the list, then keeps it fresh.

local function check_or_missing()
  catch_up()
  if size4 then return check() end
  if not OPEN_WHEN_MISSING then return refuse(503, "list") end
  if inspect then return inspect() end
end

local function count()
  local stats = ngx.shared.crowdsec_stats
  if not stats then
    tallies = {}
    return
  end
  if clean4 > 0 then stats:incr("processed 4", clean4, 0) end
  if clean6 > 0 then stats:incr("processed 6", clean6, 0) end
  for key, number in pairs(tallies) do stats:incr(key, number, 0) end
  clean4, clean6, tallies = 0, 0, {}
end

local ticks, busy = 0, false

-- A second has passed.
local function keep_house()
  ticks = ticks + 1
  if ticks % LOG_EVERY == 0 then told, told_count = {}, 0 end
  pcall(count)
  if captcha_tick then captcha_tick() end
  if appsec_tick then pcall(appsec_tick) end
end

local function look(pause)
  if busy then return end
  busy = true
  local ok, fault = pcall(read_list, pause)
  busy = false
  if not ok then ngx.log(ngx.ERR, "crowdsec: ", fault) end
  if size4 then package.loaded[KEY] = check end
end

-- Compared with when a request began, which may be a while ago; with 0 each of them looks. Long before: the clock was set.
local function fresh_for(seconds)
  fresh_from = time() - 60
  fresh_until = seconds > 0 and time() + seconds or 0
end

local function tick(premature)
  keep_house()
  if premature then return fresh_for(0) end
  fresh_for(3)
  look(function() ngx.sleep(0) end)
end

-- With lua_code_cache off each request has a Lua of its own: a timer would keep every one of them for ever.
local function is_alone()
  local name = string.gsub(KEY, "[^%w]", "_")
  local pid = tostring(ngx.worker.pid())
  if os.getenv(name) == pid then return false end
  pcall(ffi.cdef, 'int crowdsec_setenv(const char *name, const char *value, int overwrite) __asm__("setenv");')
  C.crowdsec_setenv(name, pid, 1)
  return true
end

local wants_timer = is_alone()
local complained
local function start_timer()
  if not wants_timer or ngx.worker.exiting() then return end
  local started, fault = ngx.timer.every(1, tick)
  if started then
    wants_timer = false
  elseif not complained then
    complained = true
    ngx.log(ngx.WARN, "crowdsec: no timer (", fault, "): requests look for a new list themselves")
  end
end

local caught_up = 0
catch_up = function()
  if time() == caught_up then return end
  caught_up = time()
  fresh_for(0)
  keep_house()
  look()
  start_timer()
end

-- The first request of a worker. Should anything fail here, requests are served or refused as for a missing file.
local ok, fault = pcall(function()
  if not ffi.abi("le") then error("this processor counts its bytes the other way round") end
  -- The list first: a worker that shuts down has no timers, and serves requests still.
  read_list()
  start_timer()
  fresh_for(wants_timer and 0 or 2)
end)
if not ok then ngx.log(ngx.ERR, "crowdsec: ", fault) end
package.loaded[KEY .. " list"] = function() return header, (size4 or 0) + (size6 or 0) end
package.loaded[KEY .. " guard"] = guard
package.loaded[KEY] = size4 and check or check_or_missing
if ONLY_LOAD then return end
-- A tail call, and nothing else: it may end this coroutine, and with it all locals of this file that are still on its stack.
return package.loaded[KEY]()
