# The example of the README, between its marks; `snapshots.e2e.test.ts` runs it.
set -e
# #region snapshots
boxlite create --name web && boxlite start web
boxlite exec web sh -c 'echo precious > /data'

boxlite snapshot create web before          # its disk, and its memory with all processes
boxlite exec web rm /data
boxlite snapshot restore web before         # goes on from there
boxlite exec web cat /data                  # precious

boxlite clone --count 2 --name worker web   # worker-1 and worker-2 run at once
boxlite pause web                           # until 'boxlite unpause web'
boxlite export worker-1 worker.boxlite      # for 'boxlite import worker.boxlite', also elsewhere
# #endregion
