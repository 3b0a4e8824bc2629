-- For what is answered before the access phase: a bare `return`, a `rewrite` that redirects. Such an answer has no effect
-- but itself, so it is enough to put another one in its place, and by then it is known whether its location is left out.

local function listed4(address)
  local index = find4(address)
  if index and counts(end4[index]) then return "4", class4[index] end
end

-- Family and class of a client that is on the list, and not left out.
local function listed()
  local address = var.binary_remote_addr
  local length = #address
  if length == 4 then return listed4(number_of(byte(address, 1, 4))) end
  if length ~= 16 then return end
  local a, b, c, d = number_of(byte(address, 1, 4)), number_of(byte(address, 5, 8)), number_of(byte(address, 9, 12)),
    number_of(byte(address, 13, 16))
  if a == 0 and b == 0 and c == 65535 then return listed4(d) end
  local index = find6(a, b, c, d)
  if index and counts(end6[index]) then return "6", class6[index] end
end

local function replace(status, kind, body)
  local headers = set_head(status, kind, body)
  headers["Location"], headers["Refresh"], headers["ETag"], headers["Last-Modified"] = nil, nil, nil, nil
  ngx.ctx.crowdsec_body = body
end

-- In the header filter, which cannot ask the connector: a captcha is asked for at a path of its own.
local function guard()
  if ngx.is_subrequest or ngx.ctx.crowdsec_answered then return end
  local began = start_time()
  if began > fresh_until or began < fresh_from then catch_up() end
  if not size4 then
    if not OPEN_WHEN_MISSING then return replace(503, refusal(503, "list")) end
    return
  end
  local family, kind = listed()
  if not family then return end
  if captcha and band(kind, CAPTCHA_BIT) ~= 0 then
    if known_pass(var.remote_addr) or var.request_uri == CAPTCHA_PATH then return end
    replace(303, "text/plain", "")
    ngx.header["Location"] = CAPTCHA_PATH
    return
  end
  local name = record(family, kind)
  local status = BAN_STATUS == 444 and 403 or BAN_STATUS
  local media, body = refusal(status, name)
  if not is_redirected(status) then return replace(status, media, body) end
  replace(302, media, "")
  ngx.header["Location"] = BAN_REDIRECT
end
