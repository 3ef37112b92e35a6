using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.Data;

/// <summary>The truth about users, templates, simulations, executions and their results (PostgreSQL).</summary>
public sealed class RobotDbContext(DbContextOptions<RobotDbContext> options) : DbContext(options)
{
    public DbSet<User> Users => Set<User>();
    public DbSet<Template> Templates => Set<Template>();
    public DbSet<Simulation> Simulations => Set<Simulation>();
    public DbSet<SimulationStep> SimulationSteps => Set<SimulationStep>();
    public DbSet<SimulationGroup> SimulationGroups => Set<SimulationGroup>();
    public DbSet<Instance> Instances => Set<Instance>();
    public DbSet<Execution> Executions => Set<Execution>();
    public DbSet<ExecutionPart> ExecutionParts => Set<ExecutionPart>();
    public DbSet<ExecutionCohort> ExecutionCohorts => Set<ExecutionCohort>();
    public DbSet<ExecutionInstance> ExecutionInstances => Set<ExecutionInstance>();
    public DbSet<ExecutionRecording> ExecutionRecordings => Set<ExecutionRecording>();
    public DbSet<SimulationDeletion> SimulationDeletions => Set<SimulationDeletion>();
    public DbSet<MecSite> MecSites => Set<MecSite>();
    public DbSet<SigningKey> SigningKeys => Set<SigningKey>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(RobotDbContext).Assembly);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<RunStatus>().HaveConversion<UpperCaseEnumConverter<RunStatus>>().HaveMaxLength(16);
        configurationBuilder.Properties<SimulationStatus>().HaveConversion<UpperCaseEnumConverter<SimulationStatus>>().HaveMaxLength(16);
        configurationBuilder.Properties<DeletionStatus>().HaveConversion<UpperCaseEnumConverter<DeletionStatus>>().HaveMaxLength(16);
        configurationBuilder.Properties<PatternType>().HaveConversion<LowerCaseEnumConverter<PatternType>>().HaveMaxLength(16);
        configurationBuilder.Properties<UserRole>().HaveConversion<LowerCaseEnumConverter<UserRole>>().HaveMaxLength(16);
    }
}
