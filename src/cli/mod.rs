//! The command line: what a person or a script types. Thin: each command builds the rooms it needs and calls them.
//!
//! Exit codes: 0 done; 1 failed (one sentence on standard error); 2 the words on the command line are wrong;
//! 3 `check` found something that does not hold; 4 the data belongs to another running service.

mod camera;
mod care;
mod check;
mod export;
mod motion;
mod rebuild;
mod tool;
mod vision_worker;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::base::{CameraNetworks, Error, Kind, Result, StreamKind, Ticks, TimeRange};

/// Records the lanes' cameras and plays them back.
#[derive(Debug, Parser)]
#[command(name = "lanewatch", version, about, long_about = None, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Record, and serve the web app.
    Serve(Serve),
    /// Add, list, test and remove cameras; also while the service runs.
    #[command(subcommand)]
    Camera(camera::Command),
    /// Tokens for machines.
    #[command(subcommand)]
    Token(Token),
    /// Print a code that signs in once, for the next 15 minutes.
    LoginCode(Data),
    /// Look whether everything holds that should: rows, files, gaps. Changes nothing; also while the service runs.
    Check(check::Check),
    /// Make the catalogue anew from the files, when it is lost or damaged; the service must be stopped.
    Rebuild(Data),
    /// Write a range of a camera's footage to an MP4 file.
    Export(Export),
    /// Try the motion detector on files and on footage.
    #[command(subcommand)]
    Motion(motion::Command),
    /// Print the description of the HTTP API.
    Openapi,
    /// What the service starts for itself, to decode pictures where they can do no harm.
    #[command(hide = true)]
    VisionWorker(vision_worker::VisionWorker),
}

/// Where everything is kept.
#[derive(Clone, Debug, Args)]
struct Data {
    /// Folder of the catalogue and, by default, of the footage.
    #[arg(long, default_value = "./data", env = "LANEWATCH_DATA")]
    data: PathBuf,
    /// Configuration file.
    #[arg(long, env = "LANEWATCH_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    data: Data,
    /// Address and port of the web app, such as 127.0.0.1:8080.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Networks that cameras may be in instead of those of the configuration, such as 192.168.1.0/24. Without any, everywhere, and
    /// on this machine only while nobody else reaches it.
    #[arg(long, value_name = "NETWORK", env = "LANEWATCH_CAMERA_NETWORKS", value_delimiter = ',')]
    camera_networks: Vec<ipnet::IpNet>,
}

#[derive(Debug, Subcommand)]
enum Token {
    /// Make a token and print it, once.
    Create {
        #[command(flatten)]
        data: Data,
        /// What it may do.
        #[arg(long, default_value = "admin")]
        scope: String,
        /// What it is for, shown in lists.
        #[arg(long, default_value = "command line")]
        name: String,
    },
}

/// A stretch of a camera's footage.
#[derive(Debug, Args)]
struct Stretch {
    #[command(flatten)]
    data: Data,
    /// Name, slug or id of the camera.
    #[arg(long)]
    camera: String,
    /// First instant, such as 2026-11-22T22:14:00+07:00.
    #[arg(long)]
    from: String,
    /// First instant after.
    #[arg(long)]
    to: String,
}

impl Stretch {
    fn range(&self) -> Result<TimeRange> {
        let range = TimeRange::new(Ticks::parse(&self.from)?, Ticks::parse(&self.to)?);
        if range.is_empty() {
            return Err(Error::invalid("--to must be later than --from"));
        }
        Ok(range)
    }
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    stretch: Stretch,
    /// main or sub.
    #[arg(long, default_value = "main")]
    stream: StreamKind,
    /// File to write; must not exist.
    out: PathBuf,
}

/// Runs one command; errors become a sentence and an exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli.command) {
        Ok(code) => code,
        Err(error) => {
            tool::complain(&error);
            match error.kind() {
                Kind::InUse => ExitCode::from(4),
                _ => ExitCode::from(1),
            }
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(serve) => {
            let mut config = tool::config(&serve.data, serve.listen)?;
            if !serve.camera_networks.is_empty() {
                config.camera_networks = CameraNetworks::Only(serve.camera_networks.into());
            }
            crate::app::serve(&config)
        }
        Command::Camera(command) => tool::block_on(camera::run(command)),
        Command::Token(Token::Create { data, scope, name }) => {
            tool::block_on(care::create_token(data, scope, name))
        }
        Command::LoginCode(data) => tool::block_on(care::login_code(data)),
        Command::Check(check) => tool::block_on(check::run(check)),
        Command::Rebuild(data) => tool::block_on(rebuild::run(data)),
        Command::Export(export) => tool::block_on(export::run(export)),
        Command::Motion(command) => tool::block_on(motion::run(command)),
        Command::VisionWorker(worker) => vision_worker::run(worker),
        Command::Openapi => {
            tool::print(&crate::http::openapi_json());
            Ok(ExitCode::SUCCESS)
        }
    }
}
