using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.Data;

internal sealed class SimulationDeletionConfiguration : IEntityTypeConfiguration<SimulationDeletion>
{
    public void Configure(EntityTypeBuilder<SimulationDeletion> builder)
    {
        builder.ToTable("simulation_deletions");
        builder.HasKey(deletion => deletion.SimulationId);
        builder.HasOne<Simulation>().WithOne().HasForeignKey<SimulationDeletion>(deletion => deletion.SimulationId);
        // The background worker looks for the few that are not done.
        builder.HasIndex(deletion => deletion.Status).HasFilter("status IN ('PENDING', 'RUNNING')");
    }
}
