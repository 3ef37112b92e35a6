using SimulationManager.Core.Data;

namespace SimulationManager.Worker.Hosting;

/// <summary>PostgreSQL, Redis and S3 by their connection strings.</summary>
internal static class BackingServices
{
    public static void AddBackingServices(this WebApplicationBuilder builder)
    {
        builder.AddNpgsqlDbContext<RobotDbContext>("robotdb", configureDbContextOptions: options => RobotDbContextOptions.Configure(options));
        builder.AddRedisClient("redis", configureOptions: options => options.AbortOnConnectFail = false);
#pragma warning disable CS0618 // MinIO's open-source edition is archived; nothing here depends on more than S3.
        builder.AddMinioClient("minio");
#pragma warning restore CS0618
    }
}
