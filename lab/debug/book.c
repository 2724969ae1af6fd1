// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "book.h"
#include "exit_file.h"

void book_path(char *path, size_t size, int vm, const char *file)
{
	snprintf(path, size, BOOK_FOLDER "/%ld-%d/%s", syscall(SYS_gettid), vm,
		 file);
}

int book_read(struct book *book, int fd)
{
	size_t room = 0;
	ssize_t nr;

	book->size = 0;
	do {
		if (room - book->size < 65536) {
			uint8_t *more = realloc(book->data, room + 262144);

			if (!more)
				return -ENOMEM;
			book->data = more;
			room += 262144;
		}
		nr = pread(fd, book->data + book->size, room - book->size,
			   book->size);
		if (nr < 0)
			return -errno;
		book->size += nr;
	} while (nr);
	return 0;
}

static int wrong(struct book *book, const char *what, uint64_t one,
		 uint64_t other)
{
	snprintf(book->why, sizeof(book->why), "%s: %llu and %llu", what,
		 (unsigned long long)one, (unsigned long long)other);
	return -EPROTO;
}

static int check_vcpu(struct book *book, const struct exit_file_head *head,
		      const struct exit_file_vcpu *vcpu)
{
	const struct exit_file_cell *cell = (const void *)(vcpu + 1);
	uint64_t exits = 0, cycles = 0;

	for (uint32_t i = 0; i < head->nr_cells; i++) {
		exits += cell[i].exits;
		cycles += cell[i].cycles;
	}
	if (exits != vcpu->exits)
		return wrong(book, "exits by reason and in total", exits,
			     vcpu->exits);
	if (cycles != vcpu->cycles)
		return wrong(book, "cycles by reason and in total", cycles,
			     vcpu->cycles);
	book->exits += exits;
	book->uncounted += !!(vcpu->flags & EXIT_FILE_UNCOUNTED);
	book->without_hist += head->mode == EXIT_FILE_HIST &&
			      (vcpu->flags & EXIT_FILE_HAS_CELLS) &&
			      !(vcpu->flags & EXIT_FILE_HAS_HIST);
	if (!(vcpu->flags & EXIT_FILE_UNCOUNTED) && exits != vcpu->stat_exits)
		return wrong(
			book,
			"exits in the book and in KVM's statistics, and no flag says so",
			exits, vcpu->stat_exits);
	return 0;
}

int book_check(struct book *book)
{
	const struct exit_file_head *head = (const void *)book->data;
	size_t size;
	int r = 0;

	book->uncounted = book->without_hist = 0;
	book->exits = 0;
	if (book->size < sizeof(*head) || head->magic != EXIT_FILE_MAGIC)
		return wrong(book, "this is no book; bytes", book->size,
			     sizeof(*head));
	size = head->head_size + (size_t)head->nr_vcpus * head->vcpu_size;
	if (size != book->size)
		return wrong(book, "bytes, as said and as read", size,
			     book->size);
	for (uint32_t i = 0; i < head->nr_vcpus && !r; i++)
		r = check_vcpu(book, head,
			       (const void *)(book->data + head->head_size +
					      (size_t)i * head->vcpu_size));
	return r;
}

void book_free(struct book *book)
{
	free(book->data);
	book->data = NULL;
	book->size = 0;
}
