@echo off
rem Finds Python $python (64 bit) and hands over to start.py. Nothing here needs an administrator.
chcp 65001 >nul
for %%P in ("py -$python" "python" "python3") do (
    %%~P -c "import sys; sys.exit(sys.version_info[:2] != ($python_tuple) or sys.maxsize < 2**32)" >nul 2>nul && (
        %%~P -X utf8 "%~dp0start.py" %*
        if errorlevel 1 pause
        exit /b
    )
)
type "%~dp0HOW-TO.txt"
echo.
echo Python $python (64 bit) was not found on this computer.
pause
exit /b 1
