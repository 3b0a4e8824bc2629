-- Lets a visitor with a pass through, has an answer verified, and shows the page to all others. Keys and decisions are
-- the connector's: without a word from it nobody passes.

-- settings: the connector writes its own in place of these
local CONNECTOR_HOST = "unix:/output/crowdsec-captcha.sock" -- or the name of a host
local CONNECTOR_PORT = false -- or its port
local CAPTCHA_MARK = "?crowdsec-captcha"
local PASS_VARIABLE = "cookie_crowdsec_captcha"
local MAX_FORM_BYTES = 16384
local PAGE_BEFORE = "<form>" -- what the page has before the path that the visitor wanted
local PAGE_AFTER = "</form>"
-- end of settings

-- The connector is asked again about a known pass after so many seconds.
local PASS_SECONDS, MAX_PASSES = 300, 10000
-- And about unknown ones only so often in a second, by this worker.
local ASKS_EACH, MAX_ASKS = 20, 200

local passes, passes_count, passes_ticks = {}, 0, 0
local asks, asks_count = {}, 0
-- A connector that is away is asked once a second.
local quiet_until = 0

local function captcha_tick()
  asks, asks_count = {}, 0
  passes_ticks = passes_ticks + 1
  if passes_ticks >= PASS_SECONDS then passes, passes_count, passes_ticks = {}, 0, 0 end
end

-- Gives the status and headers of the connector's answer, or nothing and why.
local function ask(request, read_timeout)
  if quiet_until > time() then return nil, "the connector is away" end
  local socket = ngx.socket.tcp()
  socket:settimeouts(1000, 1000, read_timeout)
  local ok, fault
  if CONNECTOR_PORT then
    ok, fault = socket:connect(CONNECTOR_HOST, CONNECTOR_PORT)
  else
    ok, fault = socket:connect(CONNECTOR_HOST)
  end
  if not ok then
    quiet_until = time() + 1
    return nil, fault
  end
  local status, headers = nil, {}
  ok, fault = socket:send(request)
  local line
  if ok then line, fault = socket:receive("*l") end
  if line then status = tonumber(string.match(line, "^HTTP/1%.1 (%d%d%d) ")) end
  for _ = 1, 20 do
    line = socket:receive("*l")
    local name, value = string.match(line or "", "^([%w-]+): (.*)$")
    if not name then break end
    headers[string.lower(name)] = value
  end
  socket:close()
  return status, status and headers or fault
end

local function head(method, path, client)
  return method .. " " .. path .. " HTTP/1.1\r\nHost: connector\r\nConnection: close\r\nX-Client: " .. client .. "\r\nX-Host: " .. (var.host or "") .. "\r\n"
end

local function pass_of(client)
  local pass = var[PASS_VARIABLE]
  if not pass or #pass > 100 or string.find(pass, "[^%w._-]") then return end
  return pass, client .. " " .. (var.host or "") .. " " .. pass
end

-- Without asking the connector.
local function known_pass(client)
  local _, key = pass_of(client)
  local ends = key and passes[key]
  return ends and ends > time()
end

local function has_pass(client)
  local pass, key = pass_of(client)
  if not pass then return false end
  local ends = passes[key]
  if ends then return ends > time() end
  local count = asks[client] or 0
  if count >= ASKS_EACH or asks_count >= MAX_ASKS then return false end
  asks[client], asks_count = count + 1, asks_count + 1
  local status, headers = ask(head("GET", "/pass", client) .. "X-Pass: " .. pass .. "\r\n\r\n", 2000)
  if status ~= 204 then return false end
  local left = tonumber(headers["x-left"]) or 0
  if left <= 0 then return false end
  if passes_count >= MAX_PASSES then passes, passes_count = {}, 0 end
  passes[key], passes_count = time() + min(left, PASS_SECONDS), passes_count + 1
  return true
end

-- Where the form of the page goes: to the page's own path, which is protected for certain, or to one of its own. Gives
-- the path to go back to, or nothing for any other request.
local function form_path(asked)
  if asked == CAPTCHA_PATH then return "/" end
  if sub(asked, -#CAPTCHA_MARK) ~= CAPTCHA_MARK then return end
  local path = sub(asked, 1, -#CAPTCHA_MARK - 1)
  -- A second slash would be another site.
  return path ~= CAPTCHA_PATH and string.find(path, "^/[^/\\]") and path or "/"
end

local function may_pass()
  if not has_pass(var.remote_addr) then return false end
  local back = form_path(var.request_uri)
  if not back then return true end
  -- Sent twice, or come back to.
  ngx.header["Location"] = back
  return answer(303, "text/plain", "")
end

local function form()
  local length = tonumber(var.http_content_length)
  if not length or length > MAX_FORM_BYTES then return end
  ngx.req.read_body()
  local data = ngx.req.get_body_data()
  if data then return data end
  local name = ngx.req.get_body_file()
  local file = name and io.open(name, "rb")
  if not file then return end
  data = file:read(MAX_FORM_BYTES)
  file:close()
  return data
end

-- Of a proxy that ends TLS, when NGINX trusts it with the client's address as well.
local function is_https()
  if var.scheme == "https" then return true end
  local proxy = var.realip_remote_addr
  if not proxy or proxy == var.remote_addr then return false end
  return string.find(string.lower(var.http_x_forwarded_proto or ""), "^https") ~= nil
end

-- Gives the connector's headers once it has found the answer right, or nothing and why.
local function solve(client, data)
  local scheme = is_https() and "https" or "http"
  local request = head("POST", "/answer", client) .. "X-Scheme: " .. scheme .. "\r\nContent-Length: " .. #data .. "\r\n\r\n" .. data
  local status, headers = ask(request, 15000)
  if status == 303 and headers["location"] and headers["set-cookie"] then return headers end
  return nil, status or headers
end

local function show(to)
  if REMEDIATION_HEADER then ngx.header[REMEDIATION_HEADER] = "captcha" end
  if wants_json() then return answer(403, "application/json", '{"error":"captcha","status":403}') end
  if #to > 2000 then to = "/" end
  return answer(403, "text/html; charset=utf-8", PAGE_BEFORE .. string.gsub(to, "[&<>\"']", entities) .. PAGE_AFTER)
end

-- only_form: for who is not asked for a captcha by the list; returns unless it is the form of one.
local function captcha(only_form)
  local client, asked, method = var.remote_addr, var.request_uri, ngx.req.get_method()
  local back = form_path(asked)
  if only_form and not (back and method == "POST") then return end
  if back then
    local data = method == "POST" and form()
    if not data then return show(back) end
    local headers, fault = solve(client, data)
    if not headers then
      ngx.log(ngx.INFO, "crowdsec: ", client, " has not solved the captcha: ", fault)
      local fields = ngx.req.get_post_args(10)
      return show(fields and type(fields.to) == "string" and fields.to or "/")
    end
    ngx.header["Set-Cookie"] = headers["set-cookie"]
    ngx.header["Location"] = headers["location"]
    return answer(303, "text/plain", "")
  end
  return show((method == "GET" or method == "HEAD") and asked or "/")
end
