namespace SimulationManager.Hosting.Kubernetes;

/// <summary>The manifests cannot be generated; the message says what to change.</summary>
public sealed class GenerationException : DistributedApplicationException
{
    public GenerationException(string message) : base(message)
    {
    }

    public GenerationException(string message, Exception inner) : base(message, inner)
    {
    }
}
