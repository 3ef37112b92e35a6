namespace Aspire.Hosting.ApplicationModel;

/// <summary>What is waited for.</summary>
public enum WaitType
{
    WaitUntilHealthy = 0,
    WaitForCompletion = 1,
    WaitUntilStarted = 2,
}

/// <summary>What happens to the one that waits when the other cannot come up.</summary>
public enum WaitBehavior
{
    /// <summary>It goes on waiting, because a person may fix and restart the other one.</summary>
    WaitOnResourceUnavailable = 0,

    /// <summary>It fails, too.</summary>
    StopOnResourceUnavailable = 1,
}

/// <summary>A resource that has to be ready before this one starts.</summary>
public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;

    public WaitType WaitType { get; } = waitType;

    /// <summary>Exit code of success, for <see cref="WaitType.WaitForCompletion"/>.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>Null: as <see cref="ResourceNotificationServiceOptions.DefaultWaitBehavior"/> says.</summary>
    public WaitBehavior? WaitBehavior { get; init; }
}

/// <summary>A check, registered with the health check service, that says whether a resource works.</summary>
public class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    public string Key { get; } = key;
}

/// <summary>A resource that starts only when a person (or a test) starts it.</summary>
public sealed class ExplicitStartupAnnotation : IResourceAnnotation;

/// <summary>That one resource has to do with another: <c>Parent</c>, <c>Reference</c> or <c>WaitFor</c>.</summary>
public sealed class ResourceRelationshipAnnotation(IResource resource, string type) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;

    public string Type { get; } = type;
}
