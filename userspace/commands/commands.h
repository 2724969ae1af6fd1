/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands.  Each parses its own arguments and returns an exit status. */
#ifndef EXITLEDGER_COMMANDS_H
#define EXITLEDGER_COMMANDS_H

#include "lib/msg.h"

int cmd_advise(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_mark(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);

#endif /* EXITLEDGER_COMMANDS_H */
