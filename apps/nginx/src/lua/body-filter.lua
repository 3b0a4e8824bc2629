-- What the guard has put in place of the body that NGINX gives; once.

local body = ngx.ctx.crowdsec_body
if body then
  ngx.arg[1], ngx.arg[2] = body, true
  ngx.ctx.crowdsec_body = ""
end
