//! What can go wrong in a pass: [`Error`].

use reason::Reason;

/// A pass, or the operator itself, could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused or did not answer.
    #[error("Kubernetes: {0}")]
    Kubernetes(#[from] Box<kube::Error>),
    /// A pass took too long.
    #[error("the pass took longer than {0} s")]
    Timeout(u64),
    /// A pass panicked.
    #[error("a bug: {0}")]
    Panic(String),
    /// A value could not be written as JSON.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Leadership was lost; the process must end.
    #[error("the leader's Lease was lost: {0}")]
    LeadershipLost(String),
    /// The endpoints could not be served.
    #[error("cannot serve {address}: {source}")]
    Serve {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// An object of this name exists and belongs to somebody else.
    #[error("{kind} {name} exists and is not ours; remove or rename it")]
    NotOurs {
        /// Kind of the object.
        kind: &'static str,
        /// Its name.
        name: String,
    },
}

impl From<kube::Error> for Error {
    fn from(error: kube::Error) -> Self {
        Self::Kubernetes(Box::new(error))
    }
}

impl Error {
    /// Why, in the closed list.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Kubernetes(_) | Self::Timeout(_) | Self::LeadershipLost(_) | Self::Serve { .. } => {
                Reason::KubernetesApi
            }
            Self::Panic(_) | Self::Json(_) => Reason::InternalError,
            Self::NotOurs { .. } => Reason::JobFailed,
        }
    }

    /// Whether the API server answered with this code.
    pub(crate) fn is_code(&self, code: u16) -> bool {
        matches!(self, Self::Kubernetes(error)
            if matches!(error.as_ref(), kube::Error::Api(status) if status.code == code))
    }

    /// The API server's own words, without Rust's.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Kubernetes(error) => match error.as_ref() {
                kube::Error::Api(status) => status.message.clone(),
                other => other.to_string(),
            },
            other => other.to_string(),
        }
    }
}
