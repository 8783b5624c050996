// The server of step 04, as it is: only the client waits in another way.
import '@rpc-steps/async-await/server'
