"""Pages of 企业注册 and 平台管理. They only translate."""
