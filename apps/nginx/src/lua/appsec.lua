-- Asks CrowdSec's AppSec about every request that the list lets pass: a plain connection that is kept, no library, no name to
-- resolve. What is asked is built in appsec-question.lua.

-- settings: the connector writes its own in place of these
local APPSEC_PLACE = "/output/appsec-place.txt" -- the file that tells where it listens
local APPSEC_TIMEOUT = 500 -- milliseconds, for one answer
local APPSEC_BODY_LIMIT = 262144 -- bytes
local APPSEC_DENIES = false -- what it does not answer is refused
-- end of settings

local inspect, appsec_tick
do
  -- After so many late answers in a row nobody waits for it any more: a timer finds out when it answers again. The number
  -- outlives the timer's own by some seconds, for workers that have none.
  local MAX_LATE, QUIET_SECONDS, REFUSED_SECONDS = 2, 10, 10
  local MAX_ANSWER, MAX_KNOWN, POOL_SIZE, IDLE_MS = 65536, 1024, 64, 60000
  local now, ceil = ngx.now, math.ceil
  local match, find, gsub = string.match, string.find, string.gsub
  local state = ngx.shared.crowdsec_appsec
  local place, host, port
  local key

  -- Written by the connector, and anew when AppSec has moved: `unix:/path`, or an address and a port.
  local function read_place()
    local file = io.open(APPSEC_PLACE, "rb")
    if not file then return end
    local text = file:read(256)
    file:close()
    if text == place then return end
    place = text
    local address, number = match(text or "", "^(%S+) (%d+)\n$")
    host, port = address or match(text or "", "^(unix:%S+)\n$"), tonumber(number)
  end

  -- In hexadecimal digits, so that no sign of it means anything to NGINX. It is the same for as long as a worker lives.
  local function read_key()
    local digits = var.crowdsec_appsec_key or ""
    key = gsub(digits, "..", function(pair) return string.char(tonumber(pair, 16)) end)
  end

  -- A whole answer: status, body, action, status for the visitor, and whether its connection can be kept; nothing as long as it
  -- is not whole.
  local function parse(text)
    local _, head_end = find(text, "\r\n\r\n", 1, true)
    if not head_end then return end
    local length = match(text, "\r\n[Cc]ontent%-[Ll]ength: *(%d+)\r\n")
    if length then
      if #text < head_end + length then return end
    elseif not find(text, "\r\n0\r\n\r\n", head_end - 3, true) then
      return
    end
    local status = tonumber(match(text, "^HTTP/1%.[01] (%d%d%d)"))
    local is_kept = length and #text == head_end + length and byte(text, 8) == 49
      and not find(text, "close", 1, true)
    local body = sub(text, head_end + 1)
    local action = status and status ~= 401 and match(body, '"action" *: *"(%a+)"')
    return {
      status = status or 0,
      body = body,
      action = action or nil,
      http_status = action and tonumber(match(body, '"http_status" *: *(%d%d%d)')),
      is_kept = is_kept,
    }
  end

  -- Within a second nearly all answers are the same text.
  local known, known_count = {}, 0

  local function read_answer(text)
    local said = known[text]
    if said then return said end
    said = parse(text)
    if not said or #text > MAX_KNOWN then return said end
    if known_count >= 50 then known, known_count = {}, 0 end
    known[text], known_count = said, known_count + 1
    return said
  end

  local function receive(socket, deadline)
    local text = ""
    while #text < MAX_ANSWER do
      local more, fault = socket:receiveany(MAX_ANSWER)
      if not more then return nil, fault end
      text = text == "" and more or text .. more
      local said = read_answer(text)
      if said then
        if said.is_kept then socket:setkeepalive(IDLE_MS, POOL_SIZE) else socket:close() end
        return said
      end
      if now() > deadline then return nil, "timeout" end
    end
    return nil, "its answer is too long"
  end

  -- Gives the answer, or nil and why. A kept connection may have been closed at the other end: then it takes a new one.
  local function ask_appsec(text)
    if not host then return nil, "it is not known where it listens" end
    local deadline = now() + APPSEC_TIMEOUT / 1000
    for _ = 0, POOL_SIZE do
      local left = ceil((deadline - now()) * 1000)
      if left < 1 then return nil, "timeout" end
      local socket = ngx.socket.tcp()
      socket:settimeouts(left, left, left)
      local ok, fault
      if port then ok, fault = socket:connect(host, port) else ok, fault = socket:connect(host) end
      if not ok then return nil, fault end
      local is_old = socket:getreusedtimes() > 0
      local said
      ok, fault = socket:send(text)
      if ok then said, fault = receive(socket, deadline) end
      if said then return said end
      socket:close()
      if not is_old or fault == "timeout" then return nil, fault end
    end
    return nil, "closed"
  end

  local function tell_failure(fault)
    if fault == 401 then
      if state:add("told 401", true, 3600) then
        ngx.log(ngx.ERR, "crowdsec: AppSec refuses the key (401): reload NGINX if the key is a new one; is it that of a bouncer",
          " of the LAPI that AppSec belongs to?")
      end
    elseif state:add("told", true, LOG_EVERY) then
      ngx.log(ngx.ERR, "crowdsec: AppSec gives no answer (", fault, "): requests are ", APPSEC_DENIES and "refused" or
        "let through without it")
    end
  end

  -- Gives what is to be done, `allow`, `ban`, `captcha`, and the status for the visitor; or nothing, when it did not answer.
  local function judge(text)
    local late = state:get("late")
    if late and late >= MAX_LATE then return end
    local said, fault = ask_appsec(text)
    local status = said and said.status
    if said and said.action then
      if late then state:delete("late") end
      return said.action, said.http_status
    end
    if status == 401 then
      -- So long nobody asks with a key that is none: AppSec has to ask LAPI about it each time.
      state:set("late", MAX_LATE, REFUSED_SECONDS)
      state:set("refused", true, REFUSED_SECONDS)
    elseif fault == "timeout" and state:incr("late", 1, 0) >= MAX_LATE then
      state:set("late", MAX_LATE, QUIET_SECONDS)
    end
    tell_failure(status == 401 and 401 or status and "its answer has status " .. status or fault)
  end

  -- Not by a request of anybody, so that nobody has to wait for it.
  local function probe(premature)
    if premature then return end
    local said, fault = ask_appsec(probe_text(key, "/"))
    if said and said.status == 401 then
      state:set("late", MAX_LATE, REFUSED_SECONDS)
    elseif said and said.action then
      state:delete("late")
      ngx.log(ngx.NOTICE, "crowdsec: AppSec answers again")
    elseif fault == "timeout" then
      state:set("late", MAX_LATE, QUIET_SECONDS)
    else
      state:delete("late")
    end
  end

  appsec_tick = function()
    read_place()
    local late = key and state and state:get("late")
    if not late or late < MAX_LATE or state:get("refused") or ngx.worker.exiting() then return end
    if state:add("probe", true, 1 + APPSEC_TIMEOUT / 1000) then ngx.timer.at(0, probe) end
  end

  local function block(action, status)
    if action == "captcha" and captcha then
      if may_pass() then return end
      tally("appsec blocked")
      return captcha()
    end
    tally("appsec blocked")
    tally(find(var.remote_addr, ":", 1, true) and "dropped 6 appsec" or "dropped 4 appsec")
    note("appsec")
    local has_body = status and status >= 200 and status <= 599 and status ~= 204 and status ~= 304
    return refuse(has_body and status or BAN_STATUS, "appsec")
  end

  local function fail()
    tally("appsec failed")
    if APPSEC_DENIES then return refuse(BAN_STATUS, "appsec") end
  end

  -- A configuration of before AppSec was switched on, or one without crowdsec.conf and crowdsec-some.conf.
  local told_at = 0
  local function unasked()
    if told_at + LOG_EVERY < time() then
      told_at = time()
      ngx.log(ngx.ERR, "crowdsec: AppSec is not asked: include crowdsec.conf (or crowdsec-some.conf), and reload NGINX")
    end
    return fail()
  end

  inspect = function()
    if var.crowdsec_disable_appsec == "1" or var.crowdsec_disable_bouncer == "1" then return end
    local word = var.crowdsec_appsec
    if not word or not state then return unasked() end
    -- An internal redirect comes here again: what counts is what the client has sent, and that was asked.
    if word ~= "" then return end
    if captcha then captcha(true) end
    if not key then
      read_key()
      read_place()
    end
    local text, is_whole = question(key, APPSEC_BODY_LIMIT)
    local action, status = judge(text)
    if action and action ~= "allow" then
      ngx.var.crowdsec_appsec = "blocked"
      return block(action, status)
    end
    if action and is_whole then
      ngx.var.crowdsec_appsec = "passed"
      return tally("appsec passed")
    end
    ngx.var.crowdsec_appsec = "failed"
    return fail()
  end

  -- For `check`, which looks from where NGINX stands.
  package.loaded[KEY .. " appsec"] = function(path)
    read_key()
    read_place()
    local said, fault = ask_appsec(probe_text(key, path))
    if said then return said.status, said.body end
    return nil, fault
  end

  local by_list = check
  check = function()
    by_list()
    return inspect()
  end
end
