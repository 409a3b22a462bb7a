//! The statements that are written by hand for every store, by name. Each is a file of this name in the folder
//! of the store that is said before it; a chapter's statements are in a folder of its name.

/// Gives the macro `$list` what the list of them is to be called, and the statements by folder, each as a constant
/// and its name.
#[macro_export]
macro_rules! statements {
    ($list:ident $all:ident) => {
        $list! {
            $all
            "sql" {
                ACCOUNT_GET_BY_NAME "account_get_by_name";
                ACCOUNT_INSERT "account_insert";
                ACTIVITY_ALL "activity_all";
                ACTIVITY_DELETE "activity_delete";
                ACTIVITY_DUE "activity_due";
                ACTIVITY_INSERT "activity_insert";
                ACTIVITY_LIST "activity_list";
                ACTIVITY_LIST_BY_RESOURCE "activity_list_by_resource";
                ACTIVITY_LIST_BY_TYPE "activity_list_by_type";
                ALLOWANCE_ALL "allowance_all";
                ALLOWANCE_GET "allowance_get";
                ALLOWANCE_INSERT "allowance_insert";
                ALLOWANCE_UPDATE "allowance_update";
                CLEANED_ALL "cleaned_all";
                DEADLINE_DUE "deadline_due";
                DEADLINE_NEXT "deadline_next";
                FEED_ALL "feed_all";
                FEED_GET "feed_get";
                FEED_LIST "feed_list";
                FEED_PUT "feed_put";
                JOB_NEXT "job_next";
                KEY_GET_BY_HASH "key_get_by_hash";
                KEY_GET_BY_ID "key_get_by_id";
                KEY_INSERT "key_insert";
                KEY_LIST "key_list";
                KEY_REVOKE "key_revoke";
                META_ALL "meta_all";
                META_DELETE "meta_delete";
                META_GET "meta_get";
                META_INSERT "meta_insert";
                META_PUT "meta_put";
                PAYMENT_ALL "payment_all";
                PAYMENT_GET "payment_get";
                PAYMENT_GET_BY_REFERENCE "payment_get_by_reference";
                PAYMENT_INSERT "payment_insert";
                PAYMENT_UPDATE "payment_update";
                PERSON_GET "person_get";
                PERSON_GET_BY_HANDLE "person_get_by_handle";
                PERSON_INSERT "person_insert";
                POOL_ALL "pool_all";
                POOL_GET "pool_get";
                POOL_INSERT "pool_insert";
                POOL_TAKE "pool_take";
                POOL_UPDATE "pool_update";
                RECORD_ALL "record_all";
                RECORD_DELETE "record_delete";
                RECORD_DUE "record_due";
                RECORD_GET "record_get";
                RECORD_INSERT "record_insert";
                RECORD_LIST_BY_RESOURCE "record_list_by_resource";
                RECORD_SEE "record_see";
                RECORD_UPDATE "record_update";
                SCHEMA_VERSION "schema_version";
            }
            "sql/tickets" {
                BOOKING_ALL "booking_all";
                BOOKING_GET "booking_get";
                BOOKING_INSERT "booking_insert";
                BOOKING_LIST "booking_list";
                BOOKING_LIST_BY_EVENT "booking_list_by_event";
                BOOKING_LIST_BY_PERSON "booking_list_by_person";
                BOOKING_LIST_BY_STATUS "booking_list_by_status";
                BOOKING_UPDATE "booking_update";
                EVENT_LIST "event_list";
                EVENT_ZONES "event_zones";
                SEAT_ALL_OF_ZONE "seat_all_of_zone";
                SEAT_LIST "seat_list";
                SEAT_TAKEN "seat_taken";
                ZONE_STOCK_GET "zone_stock_get";
                ZONE_STOCK_LIST "zone_stock_list";
            }
            "sql/webhooks" {
                ATTEMPT_LIST "attempt_list";
                DELIVERY_DUE "delivery_due";
                DELIVERY_LIST "delivery_list";
                DELIVERY_LIST_BY_ENDPOINT "delivery_list_by_endpoint";
                DELIVERY_LIST_BY_EVENT "delivery_list_by_event";
                DELIVERY_LIST_PENDING "delivery_list_pending";
                DELIVERY_RECORDED "delivery_recorded";
                ENDPOINT_LIST "endpoint_list";
                WEBHOOK_DUE "webhook_due";
            }
        }
    };
}
