// The server of step 04, as it is: only the client waits in another way.
import '../04-async-await/server.ts'
