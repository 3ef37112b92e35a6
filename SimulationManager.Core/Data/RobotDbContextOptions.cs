using Microsoft.EntityFrameworkCore;

namespace SimulationManager.Core.Data;

/// <summary>Options that every <see cref="RobotDbContext"/> needs, however it is registered.</summary>
public static class RobotDbContextOptions
{
    /// <summary>Columns and tables in snake_case, as SQL is written.</summary>
    public static TBuilder Configure<TBuilder>(TBuilder builder) where TBuilder : DbContextOptionsBuilder
    {
        builder.UseSnakeCaseNamingConvention();
        return builder;
    }
}
