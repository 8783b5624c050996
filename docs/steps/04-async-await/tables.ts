/** What makes the tables of this chapter. */
export default {
  '04-python-echo.txt': 'python3 docs/steps/04-async-await/wild/echo.py',
}
