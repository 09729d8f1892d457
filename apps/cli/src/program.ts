import { Command, type CommanderError } from 'commander';
import type { Cli } from './cli.js';
import { attachCommand } from './commands/attach.js';
import { cloneCommand } from './commands/clone.js';
import { completionCommand } from './commands/completion.js';
import { cpCommand } from './commands/cp.js';
import { createCommand } from './commands/create.js';
import { eventsCommand } from './commands/events.js';
import { execCommand } from './commands/exec.js';
import type { ExitWith } from './commands/exit-with.js';
import { exportCommand } from './commands/export.js';
import { imageCommand } from './commands/image.js';
import { imagesCommand } from './commands/images.js';
import { importCommand } from './commands/import.js';
import { infoCommand } from './commands/info.js';
import { inspectCommand } from './commands/inspect.js';
import { killCommand } from './commands/kill.js';
import { loadCommand } from './commands/load.js';
import { logsCommand } from './commands/logs.js';
import { metricsCommand } from './commands/metrics.js';
import { namesCommand } from './commands/names.js';
import { pauseCommand } from './commands/pause.js';
import { psCommand } from './commands/ps.js';
import { pullCommand } from './commands/pull.js';
import { renameCommand } from './commands/rename.js';
import { restartCommand } from './commands/restart.js';
import { rmCommand } from './commands/rm.js';
import { rmiCommand } from './commands/rmi.js';
import { runCommand } from './commands/run.js';
import { snapshotCommand } from './commands/snapshot.js';
import { statsCommand } from './commands/stats.js';
import { topCommand } from './commands/top.js';
import { startCommand } from './commands/start.js';
import { stopCommand } from './commands/stop.js';
import { unpauseCommand } from './commands/unpause.js';
import { waitCommand } from './commands/wait.js';
import { CliError } from './errors/cli-error.js';
import { addGlobalOptions, addHiddenGlobalOptions } from './options/global-options.js';
import { commandPath } from './runtime/command-context.js';
import { volumeCommand } from './commands/volume.js';
import { VERSION } from './version.js';

const EXAMPLES = `
Examples:
  boxlite run -- echo hello              run a command in a virtual machine of its own
  boxlite run --rm debian:12 bash -c 'cat /etc/os-release'
  boxlite create --name web debian:12 && boxlite start web && boxlite exec web uname -a

'boxlite COMMAND --help' tells more of a command.`;

/** Usage errors are reported by `main` as all others are; the ends of `--help` and `--version` pass through. */
const onExit =
  (command: Command) =>
  (error: CommanderError): never => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    throw new CliError(error.message.replace(/^error: /, ''), `See '${commandPath(command)} --help'.`);
  };

const configure = (command: Command, cli: Cli): void => {
  command
    .exitOverride(onExit(command))
    .configureHelp({ showGlobalOptions: command.parent !== null })
    .configureOutput({
      writeOut: (text) => void cli.stdout.write(text),
      writeErr: (text) => void cli.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => cli.stdout.columns ?? 100,
      getErrHelpWidth: () => cli.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  if (command.parent !== null) addHiddenGlobalOptions(command);
  for (const each of command.commands) configure(each, cli);
};

/** The whole command line: its commands, options and help. */
export const buildProgram = (cli: Cli, exitWith: ExitWith): Command => {
  const boxes = [
    runCommand(cli, exitWith),
    createCommand(cli),
    startCommand(cli, exitWith),
    execCommand(cli, exitWith),
    cpCommand(cli),
    attachCommand(cli, exitWith),
    waitCommand(cli),
    killCommand(cli),
    stopCommand(cli),
    restartCommand(cli),
    rmCommand(cli),
    renameCommand(cli),
    psCommand(cli),
    logsCommand(cli),
    statsCommand(cli),
    topCommand(cli),
    metricsCommand(cli),
    eventsCommand(cli),
  ];
  const moments = [pauseCommand(cli), unpauseCommand(cli), snapshotCommand(cli), cloneCommand(cli), exportCommand(cli), importCommand(cli)];
  const images = [imagesCommand(cli), pullCommand(cli), loadCommand(cli), rmiCommand(cli), imageCommand(cli)];
  const rest = [volumeCommand(cli), inspectCommand(cli), infoCommand(cli), completionCommand(cli)];
  const program = new Command('boxlite')
    .description('Runs OCI images in virtual machines of their own, without a daemon and without root.')
    .usage('[options] COMMAND')
    .version(VERSION, '-v, --version', 'print the version')
    .addHelpCommand(new Command('help').argument('[COMMAND]').description('show how a command is used').helpGroup('More:'))
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES);
  addGlobalOptions(program);
  for (const command of boxes) program.addCommand(command.helpGroup('Boxes:'));
  for (const command of moments) program.addCommand(command.helpGroup('Boxes at a moment:'));
  for (const command of images) program.addCommand(command.helpGroup('Images:'));
  for (const command of rest) program.addCommand(command.helpGroup('More:'));
  program.addCommand(namesCommand(cli), { hidden: true });
  configure(program, cli);
  return program;
};
