// The imitation of MTN MoMo follows.
