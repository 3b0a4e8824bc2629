-- In place of captcha.lua where there is no captcha page: decisions of type captcha are bans.

local captcha, captcha_tick, may_pass, known_pass = nil, nil, nil, nil
