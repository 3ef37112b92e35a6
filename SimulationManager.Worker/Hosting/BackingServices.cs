using SimulationManager.Core.Data;
using SimulationManager.Core.Storage;

namespace SimulationManager.Worker.Hosting;

/// <summary>PostgreSQL, Redis and S3 by their connection strings.</summary>
internal static class BackingServices
{
    public static void AddBackingServices(this WebApplicationBuilder builder)
    {
        builder.AddNpgsqlDbContext<RobotDbContext>("robotdb", configureDbContextOptions: options => RobotDbContextOptions.Configure(options));
        builder.AddRedisClient("redis", configureOptions: options => options.AbortOnConnectFail = false);
        builder.AddMinioClient("minio");
    }
}
