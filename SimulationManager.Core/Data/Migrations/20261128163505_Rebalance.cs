using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class Rebalance : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "rebalance_epoch",
                table: "executions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "rebalance_epoch",
                table: "execution_parts",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "source_id",
                table: "execution_cohorts",
                type: "bigint",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "rebalance_epoch",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "rebalance_epoch",
                table: "execution_parts");

            migrationBuilder.DropColumn(
                name: "source_id",
                table: "execution_cohorts");
        }
    }
}
