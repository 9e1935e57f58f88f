//! What a client asks of a server: `ping`, `hello`, `buildInfo`, `getParameter`, `serverStatus`.
//!
//! Answered as far as it has a meaning in a library: there is no address, no replica set, no user.

use super::call::Call;
use super::registry::Command;
use crate::bson::{Builder, MAX_DOCUMENT_SIZE, RawDoc, RawValue, doc};
use crate::error::{Code, Error, Result};
use crate::query::Context;

pub const PING: Command = Command {
    name: "ping",
    aliases: &[],
    fields: &[],
    options: &[],
    in_transaction: true,
    run: |_, _| Ok(()),
};

pub const HELLO: Command = Command {
    name: "hello",
    aliases: &["isMaster", "ismaster"],
    fields: &[
        "helloOk",
        "client",
        "compression",
        "saslSupportedMechs",
        "speculativeAuthenticate",
        "topologyVersion",
        "maxAwaitTimeMS",
        "loadBalanced",
    ],
    options: &[],
    in_transaction: true,
    run: hello,
};

pub const BUILD_INFO: Command = Command {
    name: "buildInfo",
    aliases: &["buildinfo"],
    fields: &[],
    options: &[],
    in_transaction: true,
    run: build_info,
};

pub const GET_PARAMETER: Command = Command {
    name: "getParameter",
    aliases: &[],
    fields: &["allParameters", "featureCompatibilityVersion"],
    options: &[],
    in_transaction: false,
    run: get_parameter,
};

pub const SERVER_STATUS: Command = Command {
    name: "serverStatus",
    aliases: &[],
    fields: &[],
    options: &[],
    in_transaction: false,
    run: server_status,
};

/// The MongoDB whose behaviour this is.
pub const BEHAVES_AS: &str = "8.2";

fn hello(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let is_old = call.fields.document.get("hello").is_none();
    let primary = if is_old {
        "ismaster"
    } else {
        "isWritablePrimary"
    };
    let read_only = call.commands.database.is_read_only();
    reply.append(primary, RawValue::Boolean(!read_only));
    reply.append(
        "maxBsonObjectSize",
        RawValue::Int32(MAX_DOCUMENT_SIZE as i32),
    );
    reply.append("maxMessageSizeBytes", RawValue::Int32(48_000_000));
    reply.append("maxWriteBatchSize", RawValue::Int32(100_000));
    let now = Context::default().now_ms();
    reply.append("localTime", RawValue::DateTime(now));
    reply.append("readOnly", RawValue::Boolean(read_only));
    Ok(())
}

fn build_info(_call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    reply.append("version", RawValue::from(env!("CARGO_PKG_VERSION")));
    reply.append("behavesAs", RawValue::from(BEHAVES_AS));
    let mut numbers = reply.start_array("versionArray");
    for number in env!("CARGO_PKG_VERSION").split(['.', '-']) {
        if let Ok(number) = number.parse() {
            numbers.push(RawValue::Int32(number));
        }
    }
    numbers.finish();
    reply.append("bits", RawValue::Int32(usize::BITS as i32));
    reply.append("debug", RawValue::Boolean(cfg!(debug_assertions)));
    reply.append(
        "maxBsonObjectSize",
        RawValue::Int32(MAX_DOCUMENT_SIZE as i32),
    );
    Ok(())
}

/// `featureCompatibilityVersion` is the one parameter there is.
fn get_parameter(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let wants_all = call.target().as_str() == Some("*") || call.fields.flag("allParameters")?;
    if !wants_all && !call.fields.flag("featureCompatibilityVersion")? {
        let message = "no option found to get";
        return Err(Error::query(Code::INVALID_OPTIONS, message));
    }
    let mut version = reply.start_document("featureCompatibilityVersion");
    version.append("version", RawValue::from(BEHAVES_AS));
    Ok(())
}

fn server_status(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let stats = call.commands.database.stats()?;
    reply.append("version", RawValue::from(env!("CARGO_PKG_VERSION")));
    reply.append("process", RawValue::from("ironbase"));
    reply.append("pid", RawValue::Int64(std::process::id().into()));
    let uptime = call.commands.started.elapsed();
    let seconds = uptime.as_secs();
    reply.append("uptime", RawValue::Double(seconds as f64));
    reply.append("uptimeMillis", RawValue::Int64(uptime.as_millis() as i64));
    reply.append("uptimeEstimate", RawValue::Int64(seconds as i64));
    let now = Context::default().now_ms();
    reply.append("localTime", RawValue::DateTime(now));
    let cursors = call.commands.cursors.count() as i64;
    let metrics = doc! { "cursor": { "open": { "total": cursors } } };
    reply.append_value("metrics", &metrics.into());
    if let Some(storage) = RawDoc::trusted(&stats).get("storage") {
        reply.append("storage", storage);
    }
    Ok(())
}
