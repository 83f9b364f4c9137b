"""Forms of 项目报监: they check what the browser sent; whether it is allowed now is the actions' business."""
