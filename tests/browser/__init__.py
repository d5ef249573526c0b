"""What only a browser can show: this folder is a package so that its tests share one Chromium in each worker."""
