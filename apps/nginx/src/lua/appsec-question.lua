-- What AppSec is asked about a request, as one HTTP request in pieces. What a client sent must neither pass for a header of
-- the protocol nor make AppSec refuse to read it: what it cannot read follows the failure action, and that may be to let pass.

local question, probe_text
do
  local find, gsub, lower = string.find, string.gsub, string.lower
  local request_of = ngx.req
  -- Of the connection, not of the request; and those that are written anew.
  local own = {
    ["connection"] = true, ["keep-alive"] = true, ["proxy-connection"] = true, ["te"] = true, ["trailer"] = true,
    ["transfer-encoding"] = true, ["upgrade"] = true, ["expect"] = true, ["host"] = true, ["content-length"] = true,
  }
  local versions = { [0.9] = "09", [1.0] = "10", [1.1] = "11", [2.0] = "20", [3.0] = "30" }
  local bodiless = { GET = true, HEAD = true, OPTIONS = true, TRACE = true }
  -- What becomes of a header by its name, kept from request to request: "pass", "drop", or "ours" for copies of our own.
  local fates, fates_count = {}, 0

  local function fate_of(name)
    local fate = fates[name]
    if fate then return fate end
    -- The site may be one for which an underscore is the same.
    local plain = gsub(lower(name), "_", "-")
    if sub(plain, 1, 18) == "x-crowdsec-appsec-" then
      fate = "ours"
    elseif own[plain] or find(name, "[^%w!#$%%&'*+.^_`|~-]") then
      fate = "drop"
    else
      fate = "pass"
    end
    if fates_count >= 500 then fates, fates_count = {}, 0 end
    fates[name], fates_count = fate, fates_count + 1
    return fate
  end

  -- Go's server refuses a header with control characters.
  local function plain(value)
    if find(value, "[%z\1-\8\10-\31\127]") then return (gsub(value, "[%z\1-\8\10-\31\127]", " ")) end
    return value
  end

  -- As the site sees it: NGINX too takes slashes together, and nothing from a `#` on. Go takes `//a:b/` for a host and a port
  -- that is none, and refuses escapes that are none behind a `#`.
  local function path_of(uri)
    local hash = find(uri, "#", 1, true)
    if hash then uri = sub(uri, 1, hash - 1) end
    if byte(uri, 2) == 47 then uri = gsub(uri, "^//+", "/") end
    if find(uri, "[%z\1-\32\127]") then
      uri = gsub(uri, "[%z\1-\32\127]", function(sign) return string.format("%%%02X", byte(sign)) end)
    end
    return uri == "" and "/" or uri
  end

  local function file_of(limit)
    local name = request_of.get_body_file()
    if not name then return "", true end
    local file = io.open(name, "rb")
    if not file then return "", false end
    local data = file:read(limit) or ""
    file:close()
    return data, true
  end

  -- Gives what is sent of the body, and whether that could be read.
  local function body_of(version, limit)
    if limit == 0 then return "", true end
    local length = var.http_content_length
    if version < 2 then
      if not var.http_transfer_encoding and (not length or length == "0") then return "", true end
    elseif not length then
      -- A stream of calls may go on for ever.
      if find(var.http_content_type or "", "^application/grpc") then return "", false end
    end
    -- Newer Lua modules read no body of unknown length of HTTP/2 and HTTP/3.
    if not pcall(request_of.read_body) then return "", bodiless[request_of.get_method()] == true end
    local data = request_of.get_body_data()
    if not data then return file_of(limit) end
    return #data > limit and sub(data, 1, limit) or data, true
  end

  local function address_of()
    local client = var.remote_addr
    return find(client, "^unix:") and "127.0.0.1" or client
  end

  local function add(pieces, count, name, value)
    pieces[count + 1], pieces[count + 2] = "\r\n", name
    pieces[count + 3], pieces[count + 4] = ": ", value == true and "" or plain(value)
    return count + 4
  end

  question = function(key, limit)
    local version = request_of.http_version() or 1.0
    local body, is_whole = body_of(version, limit)
    local pieces = {
      body == "" and "GET" or "POST", " / HTTP/1.1\r\nHost: appsec\r\nX-Crowdsec-Appsec-Api-Key: ", key,
      "\r\nX-Crowdsec-Appsec-Ip: ", address_of(), "\r\nX-Crowdsec-Appsec-Uri: ", path_of(var.request_uri),
      "\r\nX-Crowdsec-Appsec-Host: ", plain(var.http_host or var.host or ""), "\r\nX-Crowdsec-Appsec-Verb: ",
      var.request_method, "\r\nX-Crowdsec-Appsec-User-Agent: ", plain(var.http_user_agent or ""),
      "\r\nX-Crowdsec-Appsec-Http-Version: ", versions[version] or "11",
    }
    local count = #pieces
    for name, value in pairs(request_of.get_headers(0, true)) do
      local fate = fate_of(name)
      if fate == "ours" then
        request_of.clear_header(name)
      elseif fate == "pass" then
        if type(value) == "table" then
          for index = 1, #value do count = add(pieces, count, name, value[index]) end
        else
          count = add(pieces, count, name, value)
        end
      end
    end
    if body ~= "" then
      pieces[count + 1], pieces[count + 2], count = "\r\nContent-Length: ", tostring(#body), count + 2
    end
    pieces[count + 1], pieces[count + 2] = "\r\n\r\n", body
    return pieces, is_whole
  end

  -- A question about nobody.
  probe_text = function(key, path)
    return "GET / HTTP/1.1\r\nHost: appsec\r\nX-Crowdsec-Appsec-Api-Key: " .. key .. "\r\nX-Crowdsec-Appsec-Ip: 127.0.0.1\r\n" ..
      "X-Crowdsec-Appsec-Uri: " .. path .. "\r\nX-Crowdsec-Appsec-Host: crowdsec-bouncer\r\nX-Crowdsec-Appsec-Verb: GET\r\n" ..
      "X-Crowdsec-Appsec-User-Agent: crowdsec-nginx-bouncer\r\nX-Crowdsec-Appsec-Http-Version: 11\r\n\r\n"
  end
end
