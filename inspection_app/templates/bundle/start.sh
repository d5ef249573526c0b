#!/bin/sh
# Finds Python $python and hands over to start.py. Nothing here needs an administrator.
here=$$(CDPATH= cd -- "$$(dirname -- "$$0")" && pwd) || exit 1
for python in python$python python3 python; do
    if "$$python" -c "import sys; sys.exit(sys.version_info[:2] != ($python_tuple) or sys.maxsize < 2**32)" 2>/dev/null; then
        exec "$$python" -X utf8 "$$here/start.py" "$$@"
    fi
done
cat "$$here/HOW-TO.txt"
echo
echo "Python $python (64 bit) was not found on this computer."
exit 1
