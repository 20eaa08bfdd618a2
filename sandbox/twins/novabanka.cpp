// The imitation of the IPG comes with the next commit.
