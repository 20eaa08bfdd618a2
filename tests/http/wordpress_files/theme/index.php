<?php
// A theme that shows the page and nothing else.
wp_head();
while ( have_posts() ) {
	the_post();
	the_content();
}
wp_footer();
