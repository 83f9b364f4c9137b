"""个人信息: what is held about a person, a copy of it, requests about it, and the end of an account (PIPL 44–47)."""
