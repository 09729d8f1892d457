import { commands } from '../command.js';

/** Programs as people use them. */
export const programs = commands({
  'git repository':
    'cd /tmp && git init -q g && cd g && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m m && git log --format="%an %s" && git gc -q && cd .. && rm -r g',
  'python modules': ['python3', '-c', 'import ssl, sqlite3, ctypes, lzma, hashlib, multiprocessing, markupsafe; print("imported")'],
  'python subprocess': [
    'python3',
    '-c',
    'import subprocess; print(subprocess.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True))',
  ],
  'python multiprocessing': ['python3', '-c', 'from multiprocessing import Pool\nwith Pool(3) as p: print(p.map(abs, range(-5, 0)))'],
  'python asyncio': [
    'python3',
    '-c',
    'import asyncio\nasync def m():\n  p = await asyncio.create_subprocess_exec("echo", "hi", stdout=-1)\n  print(await p.communicate())\nasyncio.run(m())',
  ],
  'sqlite database': [
    'python3',
    '-c',
    'import sqlite3; c = sqlite3.connect("/tmp/db"); c.execute("pragma journal_mode=wal"); c.execute("create table t(a)"); c.execute("insert into t values(1)"); c.commit(); print(c.execute("select * from t").fetchall()); import os; [os.unlink("/tmp/" + f) for f in os.listdir("/tmp") if f.startswith("db")]',
  ],
  'tar of a tree':
    'tar -C /opt/testbed -cf - . 2>/dev/null | tar -tf - | wc -l; tar -C /etc -cf /tmp/e.tar apt && tar -tf /tmp/e.tar | head -1; rm /tmp/e.tar',
  'packages of Debian': 'dpkg -l | tail -n +6 | wc -l; dpkg --audit | wc -l; apt-config dump | wc -l',
  'find and sort': 'find /usr/lib -name "*.so*" | sort | md5sum',
  'output of a megabyte': 'head -c 1000000 /dev/zero | tr "\\0" x | md5sum; head -c 1000000 /dev/zero | tr "\\0" x | tail -c 10',
  'both outputs': 'echo out; echo err >&2; echo out2; echo err2 >&2',
  locale: 'locale charmap; printf "%s\\n" b ä a B | sort | tr "\\n" " "',
  bash: [
    'bash',
    '-c',
    'set -o pipefail; false | true; echo $? $SHLVL $BASHPID >/dev/null; echo ${#BASH_VERSINFO[@]}; echo <(true) | cut -c1-8',
  ],
  perl: ['perl', '-e', 'print "$0 $<$>\\n"; printf "%vd\\n", $^V'],
  clock: [
    'python3',
    '-c',
    'import time; print(abs(time.time() - time.clock_gettime(time.CLOCK_REALTIME_COARSE)) < 1, time.clock_getres(time.CLOCK_MONOTONIC))',
  ],
  sleep: 'sleep 0.1; echo $?',
  timeout: 'timeout 0.2 sleep 5; echo $?',
});
