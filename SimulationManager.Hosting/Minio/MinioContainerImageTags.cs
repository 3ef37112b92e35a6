namespace SimulationManager.Hosting.Minio;

/// <summary>The last image of MinIO's open-source edition, which is archived. Any S3-compatible store can take its place.</summary>
internal static class MinioContainerImageTags
{
    public const string Registry = "docker.io";
    public const string Image = "minio/minio";
    public const string Tag = "RELEASE.2025-09-07T16-13-09Z";
}
