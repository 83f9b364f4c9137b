"""Forms of 企业注册 and 平台管理. They check what the browser sent; whether it is allowed, the actions say."""
