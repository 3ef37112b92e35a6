using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class ListIndexes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_simulations_created_at_id",
                table: "simulations");

            migrationBuilder.CreateIndex(
                name: "ix_simulations_created_at_id",
                table: "simulations",
                columns: new[] { "created_at", "id" },
                descending: new bool[0],
                filter: "deleted_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_simulations_overview",
                table: "simulations",
                columns: new[] { "status", "latest_execution_status" },
                filter: "deleted_at IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_simulations_created_at_id",
                table: "simulations");

            migrationBuilder.DropIndex(
                name: "ix_simulations_overview",
                table: "simulations");

            migrationBuilder.CreateIndex(
                name: "ix_simulations_created_at_id",
                table: "simulations",
                columns: new[] { "created_at", "id" },
                descending: new bool[0]);
        }
    }
}
