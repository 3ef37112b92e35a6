namespace SimulationManager.Hosting.Mqtt;

/// <summary>The image of the broker.</summary>
internal static class MosquittoContainerImageTags
{
    public const string Registry = "docker.io";
    public const string Image = "library/eclipse-mosquitto";
    public const string Tag = "2.0.22";
}
