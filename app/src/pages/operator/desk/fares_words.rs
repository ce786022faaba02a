//! Stores and tasks by what they are for. A name that is new here stays as it is, so that it can be looked up.

/// What is stored where.
pub fn store(name: &str) -> &str {
    match name {
        "documents" => "Catalogue and accounts",
        "keyvalue" => "Sessions",
        "objects" => "Films and pictures",
        "flat_objects" => "Second store of films",
        "vault" => "Sign-ins and billing",
        "search" => "Search",
        "disk" => "Room on the disk",
        "clock" => "The clock",
        other => other,
    }
}

/// What goes on beside requests.
pub fn task(name: &str) -> &str {
    match name {
        "deleted_titles" => "Clearing up after deleted titles",
        "demo_library" => "Preparing the demo library",
        "event_feed" => "Events between servers",
        "events" => "Telling browsers what changed",
        "first_look" => "First look at the stores",
        "housekeeping" => "Housekeeping",
        "index_follower" => "Keeping search up to date",
        "media" => "Looking after films",
        "metrics_listener" => "Metrics",
        "mover" => "Moving films between stores",
        "profiles" => "Keeping profiles in step",
        "ratings" => "Summing up ratings",
        "recommendations" => "Learning recommendations",
        "reports" => "Scheduled reports",
        "sinks" => "Delivering usage to its destinations",
        "site" => "Clearing up earlier versions of the site",
        "stalled_answers" => "Ending answers that nobody reads",
        "start" => "Work after the start",
        "storage_plan" => "Planning where films are stored",
        "stranded_films" => "Looking for films in a store that is gone",
        "usage" => "Collecting usage",
        "usage_delivered" => "Counting video sent",
        "usage_published" => "Publishing usage",
        "usage_retained" => "Deleting usage that is too old",
        "usage_searches" => "Counting searches",
        "vault_bases" => "Compacting sign-ins and billing",
        "vault_copier" => "Copying sign-ins and billing",
        "vault_housekeeping" => "Housekeeping of sign-ins and billing",
        "webhook_events" => "Noticing what webhooks tell",
        "webhook_feeds" => "Trimming what webhooks told",
        "webhooks" => "Sending webhooks",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_has_words_and_what_is_new_keeps_its_name() {
        assert_eq!([store("flat_objects"), store("new_store")], ["Second store of films", "new_store"]);
        assert_eq!([task("index_follower"), task("new_task")], ["Keeping search up to date", "new_task"]);
    }
}
