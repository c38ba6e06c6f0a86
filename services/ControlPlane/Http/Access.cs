namespace FleetPlatform.ControlPlane.Http;

/// <summary>Who may do what: the one function that every operation passes, whatever its door.</summary>
static class Access
{
    /// <summary>Null when the caller may run the operation.</summary>
    /// <param name="caller">Access key id of a verified signature; null when the request carries none.</param>
    public static Refused? Refuse(string? caller, Operation operation, ControlPlaneOptions options) =>
        // One credential exists, the operator's, and it may do everything.
        caller is not null && caller == options.AccessKeyId
            ? null
            : Reasons.AccessDenied.ToRefused($"Not authorized to perform iot:{operation.Name}.");
}
