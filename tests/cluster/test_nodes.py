"""Two processes at two nodes are told the same things while nodes come and go."""

import signal

from cluster_case import ClusterCase, browser

host_rest_s = 15  # of sql/host_order.hpp


class NodesTest(ClusterCase):
    def test_both_processes_are_told_the_same_at_the_same_time(self) -> None:
        with self.notifying():
            pass
        self.assertEqual(set(self.answers), {"200"})
        self.assert_nothing_lost()
        self.assertGreater(self.new_conflicts(), 0)  # or this showed nothing

    def test_a_killed_node_comes_back_under_load(self) -> None:
        node = self.nodes[0]
        with self.notifying() as gateway:
            gateway.wait_for(0.2)
            node.kill()
            gateway.wait_for(0.5)
            node.rejoin()
        self.assert_nothing_lost()
        self.assert_used_again(0)

    def test_a_node_stops_and_comes_back_under_load(self) -> None:
        node = self.nodes[1]
        with self.notifying() as gateway:
            gateway.wait_for(0.2)
            node.stop()
            gateway.wait_for(0.5)
            node.rejoin()
        self.assert_nothing_lost()

    def test_a_node_that_lost_the_others_is_left_for_the_next(self) -> None:
        node = self.nodes[0]
        with self.notifying() as gateway:
            gateway.wait_for(0.2)
            node.set_provider_option("gmcast.isolate=1")
        self.assertEqual(node.status("wsrep_ready"), "OFF")
        node.set_provider_option("gmcast.isolate=0")
        self.assert_nothing_lost()

    def test_a_node_that_hangs_is_left_for_the_next(self) -> None:
        node = self.nodes[1]
        with self.notifying() as gateway:
            gateway.wait_for(0.2)
            node.send(signal.SIGSTOP)
            try:
                gateway.wait_for(1)
            finally:
                node.send(signal.SIGCONT)
        self.assert_nothing_lost()

    def test_a_process_is_killed_while_its_node_is_gone(self) -> None:
        node, process = self.nodes[0], self.stack.tollgates[0]
        with self.notifying() as gateway:
            gateway.wait_for(0.2)
            node.kill()
            gateway.wait_for(0.4)
            process.kill()
            process.start()
            gateway.wait_for(0.6)
            node.rejoin()
        self.assert_nothing_lost()

    def test_what_was_opened_at_another_node_a_moment_ago_is_known(self) -> None:
        """The second node lags: what the others commit is not visible there yet."""
        lagging = self.nodes[1]
        with lagging.connect(user="root", password="") as held, held.cursor() as cursor:
            cursor.execute("FLUSH TABLES WITH READ LOCK")
            [reference] = self.ledger.open(1, self.chance, {"paid": 1})
            self.assertEqual(lagging.query("SELECT id FROM tollgate_payments"), [])
            notifier = self.notifier_of(1, reference)
            notifier.start()
            self.wait_until(
                lambda: lagging.query_as_root(
                    "SELECT id FROM information_schema.processlist"
                    " WHERE info LIKE 'SET STATEMENT wsrep_sync_wait%'"
                ),
                10,
                "a question that waits",
            )
            cursor.execute("UNLOCK TABLES")
        notifier.join()
        self.ledger.acknowledged |= notifier.acknowledged.keys()
        self.answers = notifier.answers
        self.assertEqual(self.answers, {"200": 1})
        self.assert_nothing_lost()
        self.assertEqual(self.stack.database.query("SELECT id FROM tollgate_orphans"), [])

    def assert_used_again(self, number: int) -> None:
        """The process returns to the node that it prefers, without being started again."""
        node = self.nodes[number]

        def used() -> bool:
            browser.request("GET", f"{self.stack.urls[number]}/readyz")
            return self.connections_from_processes(node) > 0

        self.wait_until(used, 2 * host_rest_s, f"{node.name} in use")
