"""Pages of 项目用户注册, 我的项目 and 项目管理."""
