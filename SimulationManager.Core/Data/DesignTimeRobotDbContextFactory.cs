using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace SimulationManager.Core.Data;

/// <summary>Lets <c>dotnet ef migrations add</c> build the model without a running database.</summary>
internal sealed class DesignTimeRobotDbContextFactory : IDesignTimeDbContextFactory<RobotDbContext>
{
    public RobotDbContext CreateDbContext(string[] args) =>
        new(RobotDbContextOptions.Configure(new DbContextOptionsBuilder<RobotDbContext>().UseNpgsql("Host=design-time")).Options);
}
